import type { FileGroup } from "../api/shapes.ts";

/** A link that names the content, for any program that knows magnets. */
export function magnetOf({ urns, size, name }: Pick<FileGroup, "urns" | "size" | "name">): string {
  // Hashes are what a magnet is about: they stand as they are.
  const topics = urns.map((urn) => `xt=${urn}`).join("&");
  return `magnet:?${topics}&xl=${size}&dn=${encodeURIComponent(name.toWellFormed())}`;
}
