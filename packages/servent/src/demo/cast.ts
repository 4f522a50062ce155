// Who lives in the demo neighbourhood: which peer plays what part, and which sample files lie where.
import { SAMPLE_FILES, type SampleFile } from "./sample-files.ts";

export interface DemoPeer {
  readonly name: string;
  /** Address of its own on the loopback network. */
  readonly host: string;
  readonly role: "ultrapeer" | "leaf";
  /** It is an index server for Napster clients, too. */
  readonly isIndexServer: boolean;
  /** `slow`: gives 64 kB/s. `hidden`: can be reached by push only. `liar`: its bytes are not what its hash says. */
  readonly part: "plain" | "slow" | "hidden" | "liar";
  readonly files: readonly SampleFile[];
}

const ULTRAPEERS = 4;
/** The first peers are index servers as well, so that one may go and all files are still found. */
const INDEX_SERVERS = 2;
export const NEIGHBOURS = 23;
/** The user's own servent; its neighbours follow. */
export const DEMO_HOST = "127.0.0.10";
export const SLOW_BYTES_PER_SECOND = 64_000;
/** What the liar pretends to have, as three others really do. */
export const LIED_ABOUT = "tide-tables.txt";
/** Of this the hidden peer has the only copy. */
export const HIDDEN_FILE = "sounds/tidepool.wav";

const byPath = (path: string): SampleFile => SAMPLE_FILES.find((file) => file.path === path) as SampleFile;

export function demoCast(): DemoPeer[] {
  const peers: (DemoPeer & { files: SampleFile[] })[] = Array.from({ length: NEIGHBOURS }, (_, i) => ({
    name: `peer-${String(i + 1).padStart(2, "0")}`,
    host: `127.0.0.${11 + i}`,
    role: i < ULTRAPEERS ? "ultrapeer" : "leaf",
    isIndexServer: i < INDEX_SERVERS,
    part: i === 20 ? "slow" : i === 21 ? "hidden" : i === 22 ? "liar" : "plain",
    files: [],
  }));
  const plain = peers.filter(({ part }) => part === "plain");
  const lied = SAMPLE_FILES.find(({ path }) => path.endsWith(`/${LIED_ABOUT}`)) as SampleFile;
  const hidden = byPath(HIDDEN_FILE);
  let turn = 0;
  for (const [i, file] of SAMPLE_FILES.entries()) {
    if (file === hidden) continue;
    // One, two or three copies; the file that is lied about always has three honest ones.
    const copies = file === lied ? 3 : 1 + (i % 3);
    for (let copy = 0; copy < copies; copy++) plain[(turn++ * 7) % plain.length]?.files.push(file);
  }
  const [slow, unreachable, liar] = peers.slice(20);
  slow?.files.push(byPath("sounds/forest rain.wav"), byPath("pictures/full moon.png"));
  unreachable?.files.push(hidden, byPath("stories/The Tide Keeper.txt"));
  liar?.files.push(lied);
  return peers;
}
