/**
 * A guess at the path's MTU, made because large segments vanished in silence. It may have been a silence of everything:
 * later, single segments of the former size try whether the path carries them after all (RFC 4821 §7).
 *
 * @module
 */
import { after, distance } from "../seq.ts";
import type { Connection } from "./connection.ts";
import { usableWindow } from "./send.ts";

/** Segments that are tried: loss may take one of them. */
const TRIALS = 3;

/** What one connection knows beside its guess. */
export class MTUGuess {
  /** The largest packet that routers leave possible; Infinity: none has said anything. */
  reported: number;
  /** Trials that are left. */
  trials: number;
  /** Where the segment starts that is under way as a trial. */
  trialStart: number | undefined;

  constructor() {
    this.reported = Infinity;
    this.trials = 0;
    this.trialStart = undefined;
  }

  /** A guess was made. */
  made(): void {
    this.trials = TRIALS;
    this.trialStart = undefined;
  }
}

/** The most data for the next segment: a trial, where there is enough to see by what follows whether it arrived. */
export function nextSegmentSize(c: Connection): number {
  const guess = c.mtuGuess;
  if (guess.trials === 0 || guess.trialStart !== undefined || !losesCheaply(c)) return c.mss;
  const size = c.largestData(guess.reported);
  const room = Math.min(c.unsentBytes, usableWindow(c), c.cwnd - c.inFlight);
  return room >= 2 * size ? size : c.mss;
}

/** Whether a loss would be found without the timer (RFC 6582 §3.2), or else by one that has not backed off. */
function losesCheaply(c: Connection): boolean {
  return c.phase === "open" && after(c.sndUna, c.recoveryPoint) && c.rtt.backoff === 0;
}

/** New data goes out from `seq` on. */
export function noteTrial(c: Connection, seq: number, length: number): void {
  if (length <= c.mss) return;
  c.mtuGuess.trials--;
  c.mtuGuess.trialStart = seq;
}

/** The peer has what is before SND.UNA: when a trial is among that, the guess was wrong. */
export function noteTrialArrived(c: Connection): void {
  const guess = c.mtuGuess;
  if (guess.trialStart === undefined || !after(c.sndUna, guess.trialStart)) return;
  guess.trialStart = undefined;
  guess.trials = 0;
  c.pathMTU = guess.reported;
  c.updateMSS();
}

/** A trial that is lost goes out in parts. When nothing else is lost, it was its size (RFC 4821 §7.7). */
export function noteTrialLost(c: Connection): void {
  const { mtuGuess, sent } = c;
  if (mtuGuess.trialStart === undefined) return;
  const trial = sent.at(sent.indexOf(mtuGuess.trialStart));
  if (!trial.lost) return;
  const wasItsSize = sent.lostBytes === distance(trial.end, trial.start);
  divideSent(c);
  if (wasItsSize) excuseLoss(c);
}

/** What is under way is divided by the MSS of now. */
export function divideSent(c: Connection): void {
  c.mtuGuess.trialStart = undefined;
  c.sent.divide(c.mss);
}

/** What is lost was too large: the network, which lost nothing, is not blamed (RFC 8201 §5.4). */
export function excuseLoss(c: Connection): void {
  if (c.sent.lostBytes === 0 || c.phase !== "open") return;
  c.phase = "loss";
  c.recoveryPoint = c.sndNxt;
}
