/**
 * All figures.
 *
 * @module
 */
import type { Figure } from "../figure.ts";
import { bulkFigures } from "./bulk.ts";
import { costFigures } from "./cost.ts";
import { datagramFigures } from "./datagrams.ts";
import { latencyFigures } from "./latency.ts";

/** In the order in which they are measured. */
export const FIGURES: Figure[] = [...bulkFigures, ...latencyFigures, ...datagramFigures, ...costFigures];
