// Which kind of file a name promises, as the directory sorts them.
import type { MediaType } from "./shared-file.ts";

const EXTENSIONS: Readonly<Record<Exclude<MediaType, "mp3" | "application">, readonly string[]>> = {
  audio: ["ogg", "oga", "opus", "flac", "wav", "wma", "aac", "m4a", "mid", "aif", "aiff", "au", "ra", "mod"],
  video: ["avi", "mpg", "mpeg", "mp4", "mkv", "mov", "wmv", "asf", "webm", "ogv", "flv", "rm"],
  image: ["jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "webp", "svg"],
  text: ["txt", "text", "htm", "html", "md", "csv", "rtf", "nfo", "doc", "pdf", "epub", "ps"],
};

/** By the name's ending; what nobody knows is an application. */
export function mediaTypeOf(name: string): MediaType {
  const ending = /\.([^.\\/]*)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  if (ending === "mp3") return "mp3";
  for (const [media, endings] of Object.entries(EXTENSIONS)) if (endings.includes(ending)) return media as MediaType;
  return "application";
}
