// `name  42 %  1.3/3.1 MB  810 kB/s  0:02 left  3 src (gnutella 2, bt 1)  waiting: 1 queued at 14`, cut to fit.
import type { Transfer } from "../client/shapes.ts";
import { cutMiddle, displayWidth, padEnd, visible } from "./text.ts";
import { formatBytes, formatClock, formatPart, formatPercent, formatRate } from "./units.ts";

/** A name keeps this many columns, if it has them; the parts behind it give way before. */
const NAME_MIN = 20;
const GAP = "  ";

/** What stands behind the name, and how it is said where there is little room. */
interface Part {
  readonly text: string;
  readonly short?: string;
}

/** One line of at most `width` columns for each transfer, names aligned. */
export function progressLines(transfers: readonly Transfer[], width: number): readonly string[] {
  const names = transfers.map(({ name, id }) => visible(name === "" ? id : name));
  const wanted = Math.max(0, ...names.map(displayWidth));
  const parts = transfers.map((transfer) => fit(progressParts(transfer), width - Math.min(wanted, NAME_MIN)));
  const nameColumns = Math.max(1, Math.min(wanted, ...parts.map((each) => width - widthOf(each))));
  return names.map((name, i) => {
    const texts = parts[i]?.map(({ text }) => text) ?? [];
    return [padEnd(cutMiddle(name, nameColumns), nameColumns), ...texts].join(GAP);
  });
}

/** What matters least stands last: it is shortened first, and then left out. */
function fit(parts: readonly Part[], width: number): readonly Part[] {
  const last = parts.at(-1);
  if (last === undefined || parts.length === 1 || widthOf(parts) <= width) return parts;
  const rest = parts.slice(0, -1);
  return fit(last.short === undefined ? rest : [...rest, { text: last.short }], width);
}

function widthOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { text }) => sum + displayWidth(text) + GAP.length, 0);
}

function progressParts(transfer: Transfer): Part[] {
  const { bytesDone, size, state, rate, leftMs } = transfer;
  const parts: Part[] = [];
  if (size === null) parts.push({ text: bytesDone === 0 ? "size unknown" : formatBytes(bytesDone) });
  else parts.push({ text: formatPercent(bytesDone, size).padStart(5) }, { text: formatPart(bytesDone, size) });
  if (state === "active") {
    parts.push({ text: formatRate(rate) });
    if (leftMs !== null) parts.push({ text: `${formatClock(leftMs)} left` });
  } else {
    parts.push({ text: stateText(transfer), short: state });
  }
  return [...parts, ...sourceParts(transfer), ...waitingParts(transfer)];
}

/** The state, with its reason where it has one: `waiting: remote queue`. */
export function stateText({ state, reason }: Transfer): string {
  return reason === null || reason === "user" ? state : `${state}: ${reason.replaceAll("_", " ")}`;
}

/** `3 src (gnutella 2, bt 1)`: the sources that are not dropped, by network. */
function sourceParts({ sources }: Transfer): readonly Part[] {
  const usable = sources.filter(({ state }) => state !== "dropped");
  if (usable.length === 0) return [];
  const byNetwork = new Map<string, number>();
  for (const { network } of usable) byNetwork.set(network, (byNetwork.get(network) ?? 0) + 1);
  const networks = [...byNetwork].map(([network, count]) => `${network === "bittorrent" ? "bt" : network} ${count}`);
  return [{ text: `${usable.length} src (${networks.join(", ")})`, short: `${usable.length} src` }];
}

/** `waiting: 1 queued at 14, 2 later`: sources that make us wait. */
function waitingParts({ sources }: Transfer): readonly Part[] {
  const queued = sources.filter(({ state }) => state === "queued");
  const later = sources.filter(({ state }) => state === "backoff").length;
  const places = queued.map(({ position }) => position).filter((position) => position > 0);
  const said: string[] = [];
  if (queued.length > 0) said.push(`${queued.length} queued${places.length > 0 ? ` at ${Math.min(...places)}` : ""}`);
  if (later > 0) said.push(`${later} later`);
  return said.length === 0 ? [] : [{ text: `waiting: ${said.join(", ")}` }];
}

/** How a transfer ended, for the last line: `tide.txt  100 %  812 kB  3 sources on 2 networks  sha1 ok`. */
export function doneParts(transfer: Transfer): readonly string[] {
  const giving = transfer.sources.filter(({ bytes }) => bytes > 0);
  const networks = new Set(giving.map(({ network }) => network)).size;
  const parts = ["100 %", formatBytes(transfer.size ?? transfer.bytesDone)];
  if (giving.length > 0) {
    const from = `${giving.length} ${giving.length === 1 ? "source" : "sources"}`;
    parts.push(`${from} on ${networks} ${networks === 1 ? "network" : "networks"}`);
  }
  if (transfer.verified === "none") parts.push("unverified: no hash was known");
  else if (transfer.verified !== null) parts.push(`${transfer.verified} ok`);
  return parts;
}
