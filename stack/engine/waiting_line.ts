/**
 * Who has waited longest, found without a search: a set of the language looks at the places of all that have left it.
 *
 * @module
 */

/** Stands in at most one line at a time, which is noted here with its neighbours. */
export interface InLine<Member extends InLine<Member>> {
  line: WaitingLine<Member> | undefined;
  ahead: Member | undefined;
  behind: Member | undefined;
}

/** Members in the order in which they came; each may leave at any time. */
export class WaitingLine<Member extends InLine<Member>> {
  #first: Member | undefined;
  #last: Member | undefined;

  constructor() {
    this.#first = undefined;
    this.#last = undefined;
  }

  /** The member that came first of those that are there. */
  get first(): Member | undefined {
    return this.#first;
  }

  /** Puts one, who stands in no line, at the end. */
  join(member: Member): void {
    member.line = this;
    member.ahead = this.#last;
    member.behind = undefined;
    if (this.#last) this.#last.behind = member;
    else this.#first = member;
    this.#last = member;
  }

  /** Takes one out; nothing happens when it does not stand here. */
  leave(member: Member): void {
    if (member.line !== this) return;
    const { ahead, behind } = member;
    if (ahead) ahead.behind = behind;
    else this.#first = behind;
    if (behind) behind.ahead = ahead;
    else this.#last = ahead;
    member.line = undefined;
    member.ahead = undefined;
    member.behind = undefined;
  }
}
