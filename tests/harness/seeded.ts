// Where tests look for it.
export { seeded } from "../../testing/seeded.ts";
