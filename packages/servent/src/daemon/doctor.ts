// `servent doctor`: looks at what commonly goes wrong, and says how to mend it.
import { accessSync, constants, mkdirSync, statfsSync } from "node:fs";
import type { DoctorCheck } from "../api/app.ts";
import type { IndexServerReport } from "../napster-server/server-switch.ts";
import type { Servent } from "./servent.ts";

type Finding = Omit<DoctorCheck, "ok">;

/** Before this the clock cannot be right: the program is younger. */
const CLOCK_LEAST = Date.UTC(2026, 0, 1);

export async function doctor(servent: Servent): Promise<readonly DoctorCheck[]> {
  const findings = [
    folder("downloads", "Download folder", servent.downloads, "paths.downloads"),
    folder("incomplete", "Folder of unfinished files", servent.incomplete, "paths.incomplete"),
    disk(servent),
    sameFileSystem(servent),
    clock(),
    ...servent.networks.list().map((network) => networkFinding(servent, network.id)),
    ...indexServerFindings(servent.indexServer.report()),
    ...servent.library.shares().map((share) => shareFinding(share)),
  ];
  return findings.map((finding) => ({ ...finding, ok: finding.level === "ok" }));
}

function folder(id: string, title: string, path: string, key: string): Finding {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
    return { id, level: "ok", title, detail: path, fix: "" };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { id, level: "fail", title, detail: why, fix: `Make ${path} writable, or set ${key} to another folder.` };
  }
}

function disk(servent: Servent): Finding {
  const title = "Free disk";
  try {
    const { bavail, bsize } = statfsSync(servent.incomplete);
    const free = bavail * bsize;
    const reserve = servent.options.settings.get("transfers.reserveDisk");
    const detail = `${Math.round(free / 1e6)} MB free, ${Math.round(reserve / 1e6)} MB kept in reserve.`;
    if (free > 2 * reserve) return { id: "disk", level: "ok", title, detail, fix: "" };
    const level = free > reserve ? "warn" : "fail";
    return {
      id: "disk",
      level,
      title,
      detail,
      fix: "Make room, or set paths.incomplete and paths.downloads to another disk.",
    };
  } catch (error) {
    return { id: "disk", level: "warn", title, detail: String(error), fix: "Check paths.incomplete." };
  }
}

/** A rename is one step on one file system; across two it is a copy. */
function sameFileSystem(servent: Servent): Finding {
  const title = "Finished files are moved in one step";
  try {
    const one = statfsSync(servent.incomplete);
    const other = statfsSync(servent.downloads);
    if (one.type === other.type && one.blocks === other.blocks)
      return { id: "rename", level: "ok", title, detail: "", fix: "" };
  } catch {
    // The folders have findings of their own.
    return { id: "rename", level: "ok", title, detail: "", fix: "" };
  }
  return {
    id: "rename",
    level: "warn",
    title,
    detail: "Unfinished and finished files lie on two file systems, so each is copied at its end.",
    fix: "Set paths.incomplete to a folder on the disk of paths.downloads.",
  };
}

function clock(): Finding {
  const now = Date.now();
  const detail = new Date(now).toISOString();
  return now >= CLOCK_LEAST
    ? { id: "clock", level: "ok", title: "Clock", detail, fix: "" }
    : {
        id: "clock",
        level: "fail",
        title: "Clock",
        detail,
        fix: "Set the machine's clock; back-off and expiry depend on it.",
      };
}

function networkFinding(servent: Servent, network: Parameters<Servent["networks"]["status"]>[0]): Finding {
  const { state, liveness, endpoint, servers } = servent.networks.status(network);
  const id = `network.${network}`;
  const where = endpoint === undefined ? "" : ` Listens on ${endpoint.host}:${endpoint.port}.`;
  const detail = `${liveness}${where}`;
  if (!servent.networks.isEnabled(network)) {
    return { id, level: "ok", title: network, detail: "Off.", fix: "" };
  }
  if (state === "online") return { id, level: "ok", title: network, detail, fix: "" };
  if (state === "failed") {
    return {
      id,
      level: "fail",
      title: network,
      detail,
      fix: `Set network.${network}.port to a free port, then \`servent networks enable ${network}\`.`,
    };
  }
  return {
    id,
    level: "warn",
    title: network,
    detail,
    fix: `Name ${servers === undefined ? "a peer" : "an index server"}: \`servent networks bootstrap ${network} HOST:PORT\`.`,
  };
}

/** Nothing where it is off. */
export function indexServerFindings(report: IndexServerReport | null): Finding[] {
  if (report === null) return [];
  const id = "napster-server";
  const title = "index server";
  if (report.state !== "failed") return [{ id, level: "ok", title, detail: indexServerText(report), fix: "" }];
  const fix = "Change what it names among the settings napsterServer.…; the server starts anew at once.";
  return [{ id, level: "fail", title, detail: report.reason, fix }];
}

function indexServerText({ state, clear, tls, users, files }: IndexServerReport): string {
  if (state === "starting") return "About to listen.";
  const places = [clear ?? "", tls === null ? "" : `${tls} (TLS)`].filter((place) => place !== "");
  return `Listens on ${places.join(" and ")}; users ${users}, files ${files}.`;
}

function shareFinding(share: ReturnType<Servent["library"]["shares"]>[number]): Finding {
  const id = `share.${share.id}`;
  const title = `Share ${share.as}`;
  if (share.problems > 0) {
    const detail = `${share.problems} problems, for example unreadable files.`;
    return { id, level: "warn", title, detail, fix: `See them: \`servent share check ${share.id}\`.` };
  }
  if (share.watchNote !== "")
    return {
      id,
      level: "warn",
      title,
      detail: share.watchNote,
      fix: "Raise the system's limit of watches, or rely on rescans.",
    };
  return { id, level: "ok", title, detail: `${share.files} files.`, fix: "" };
}
