// Where tests look for it.
export { seeded } from "../../adapters/testing/seeded.ts";
