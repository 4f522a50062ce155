// The file that names servers of the OpenNap family: it holds passwords, so it is no option of a command line. One server a line:
//
//     name address:port password-of-ours password-of-theirs [dial] [trust]
//
// The name is the one by which all servers of the tree know it. `dial`: we call it, again whenever the link is lost; without, it
// calls us. `trust`: it may end sessions of our moderators, and its users may bear names that are registered here.
import { parseEndpoint } from "@servent/overlay/base/ipv4.ts";
import { LINK_LIMITS } from "@servent/overlay/protocols/napster/opennap-link/limits.ts";
import type { PeerServer } from "@servent/overlay/protocols/napster/opennap-link/options.ts";
import { isTreeServerName } from "@servent/overlay/protocols/napster/server-name.ts";
import { ServentError } from "../base/servent-error.ts";
import { readSecretFile } from "./secret-file.ts";

const HINT = "A line is `name address:port password-of-ours password-of-theirs [dial] [trust]`; see docs/cli.md.";
const PORT = 8888;
const PASSWORD = /^[!-~]{1,128}$/;

/**
 * Throws ServentError `invalid_value`, which names the line.
 * @param tell Hears where others can read the file.
 */
export function readLinkFile(file: string, tell: (warning: string) => void): readonly PeerServer[] {
  return parseLinkFile(readSecretFile(file, "It names the servers to link with.", tell), file);
}

/** @param file Its name, for people. */
export function parseLinkFile(text: string, file: string): readonly PeerServer[] {
  const peers: PeerServer[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    const fields = line.trim().split(/\s+/);
    if (fields[0] === "" || fields[0]?.startsWith("#") === true) return;
    const peer = peerOf(fields);
    if (peer === undefined)
      throw new ServentError("invalid_value", `${file}: line ${index + 1} names no server.`, HINT);
    peers.push(peer);
  });
  if (peers.length > LINK_LIMITS.peersMax) {
    throw new ServentError("invalid_value", `${file} names more than ${LINK_LIMITS.peersMax} servers.`, HINT);
  }
  return peers;
}

function peerOf(fields: readonly string[]): PeerServer | undefined {
  const [name = "", place = "", ownPassword = "", theirPassword = "", ...words] = fields;
  const address = parseEndpoint(place, PORT);
  const known = words.every((word) => word === "dial" || word === "trust");
  if (address === undefined || !known || !isTreeServerName(name)) return undefined;
  if (!PASSWORD.test(ownPassword) || !PASSWORD.test(theirPassword)) return undefined;
  return {
    name,
    address,
    ownPassword,
    theirPassword,
    isDialled: words.includes("dial"),
    isTrusted: words.includes("trust"),
  };
}
