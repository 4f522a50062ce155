// What would be visible if a folder were shared: counted, and nothing written down.
import { ServentError } from "../base/servent-error.ts";
import { DEPTH_MAX, errorText, type FolderRules, readFolder } from "./folder-reader.ts";
import type { SharePreview } from "./library.ts";

/** A person waits for it: as much as can be looked at in some seconds. */
const FILES_MAX = 100_000;
const FOLDERS_MAX = 20_000;
const LARGEST = 20;
const EXCLUDED_MAX = 200;

export async function previewShare(
  rules: FolderRules,
  limits: { readonly files: number; readonly folders: number } = { files: FILES_MAX, folders: FOLDERS_MAX },
): Promise<SharePreview> {
  let files = 0;
  let bytes = 0;
  let folders = 0;
  let largest: { path: string; size: number }[] = [];
  const excluded: { path: string; why: string }[] = [];
  const stack = [""];
  for (let path = stack.pop(); path !== undefined; path = stack.pop()) {
    if (files >= limits.files || folders >= limits.folders) {
      return { path: rules.root, files, bytes, largest, excluded, truncated: true };
    }
    folders++;
    try {
      const content = await readFolder(rules, path);
      for (const file of content.found.files) {
        files++;
        bytes += file.size;
        largest.push({ path: path === "" ? file.name : `${path}/${file.name}`, size: file.size });
      }
      largest = largest.sort((a, b) => b.size - a.size).slice(0, LARGEST);
      for (const one of content.excluded) if (excluded.length < EXCLUDED_MAX) excluded.push(one);
      for (const { path: where, text } of content.problems) {
        if (excluded.length < EXCLUDED_MAX) excluded.push({ path: where, why: text });
      }
      if (path.split("/").length < DEPTH_MAX) stack.push(...content.folders.toReversed());
    } catch (error) {
      if (path === "") {
        throw new ServentError(
          "share_unreadable",
          `${rules.root} cannot be read. ${errorText(error)}`,
          "Check its rights.",
          {
            cause: error,
          },
        );
      }
      if (excluded.length < EXCLUDED_MAX) excluded.push({ path, why: errorText(error) });
    }
  }
  return { path: rules.root, files, bytes, largest, excluded, truncated: false };
}
