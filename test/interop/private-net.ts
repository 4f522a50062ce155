// A network of its own for programs under test: one namespace per machine, all on one bridge, no way out.
// Linux only, and only as root. Every machine has its own loopback, so default ports never clash.
import { execFileSync } from "node:child_process";

/**
 * Shared address space (RFC 6598): no other program takes it for private or reserved, and nothing outside is reachable
 * under it. All machines are in this block.
 */
export const NET_BLOCK = "100.64.0.0/10";

/** Why no such network can be made here, or undefined where it can. */
export function privateNetProblem(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "network namespaces need Linux and root";
  try {
    execFileSync("ip", ["netns", "list"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "the program `ip` (iproute2) is missing";
  }
}

export class PrivateNet {
  private readonly prefix: string;
  private readonly hub: string;
  private readonly machines = new Map<string, string>();

  /** `name` keeps two networks of one process apart. */
  constructor(name: string) {
    this.prefix = `servent-${process.pid}-${name}`;
    this.hub = `${this.prefix}-hub`;
    ip("netns", "add", this.hub);
    ip("-n", this.hub, "link", "add", "bridge", "type", "bridge");
    ip("-n", this.hub, "link", "set", "bridge", "up");
  }

  /** The command, to be run on the machine that has this address; the machine is made at the first call. */
  on(address: string, ...command: readonly string[]): readonly [program: string, args: string[]] {
    return ["ip", ["netns", "exec", this.machine(address), ...command]];
  }

  /** Takes the machines away. Whatever runs on them should have ended: it would lose its network, not its life. */
  close(): void {
    for (const machine of this.machines.values()) ip("netns", "del", machine);
    ip("netns", "del", this.hub);
  }

  private machine(address: string): string {
    const known = this.machines.get(address);
    if (known !== undefined) return known;
    const number = this.machines.size + 1;
    const name = `${this.prefix}-${number}`;
    const plug = `plug${number}`;
    ip("netns", "add", name);
    this.machines.set(address, name);
    ip("-n", this.hub, "link", "add", plug, "type", "veth", "peer", "name", "eth0", "netns", name);
    ip("-n", this.hub, "link", "set", plug, "master", "bridge", "up");
    ip("-n", name, "link", "set", "lo", "up");
    ip("-n", name, "addr", "add", `${address}/${NET_BLOCK.split("/")[1]}`, "dev", "eth0");
    ip("-n", name, "link", "set", "eth0", "up");
    return name;
  }
}

function ip(...args: readonly string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "inherit"] });
}
