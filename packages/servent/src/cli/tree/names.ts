// Names that several verbs offer and that completion knows.

/** In the order in which the networks came to be. */
export const NETWORK_IDS: readonly string[] = [
  "napster",
  "gnutella",
  "fasttrack",
  "bittorrent",
  "chord",
  "pastry",
  "kelips",
];

export const SCOPES: readonly string[] = ["read", "transfer", "share", "network", "admin"];
