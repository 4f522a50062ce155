// What a file is for, by the ending of its name: the filter of searches and the icon of a row.
import type { FileType } from "./search.ts";

const ENDINGS: Readonly<Record<Exclude<FileType, "other">, string>> = {
  audio: "aac aiff flac m4a mid midi mka mp2 mp3 oga ogg opus ra wav wma",
  video: "avi flv m4v mkv mov mp4 mpeg mpg ogm ogv rm ts vob webm wmv",
  image: "avif bmp gif heic ico jpeg jpg png psd svg tif tiff webp xcf",
  text: "csv doc docx epub htm html json md mobi odp ods odt pdf ppt pptx ps rtf tex txt xls xlsx xml",
  archive: "7z bz2 cab deb gz iso jar rar rpm tar tgz xz z zip zst",
  app: "apk appimage bat bin com dmg exe msi pkg run sh",
};

const TYPES = new Map<string, FileType>(
  Object.entries(ENDINGS).flatMap(([type, endings]) =>
    endings.split(" ").map((ending) => [ending, type as FileType] as const),
  ),
);

/** The ending without its dot, lower case; empty where the name has none. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot <= 0 || dot === name.length - 1 ? "" : name.slice(dot + 1).toLowerCase();
}

export function fileTypeOf(name: string): FileType {
  return TYPES.get(extensionOf(name)) ?? "other";
}
