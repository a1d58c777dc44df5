/**
 * The addresses that a host answers inside.
 *
 * @module
 */

/** Family, name and text of each. */
export const OWN_ADDRESSES = [
  [4, "the host's own address", "10.0.0.1"],
  [4, "127.0.0.1", "127.0.0.1"],
  [4, "any of 127.0.0.0/8", "127.1.2.3"],
  [4, "0.0.0.0", "0.0.0.0"],
  [6, "the host's own address", "2001:db8::1"],
  [6, "::1", "::1"],
  [6, "::", "::"],
] as const;
