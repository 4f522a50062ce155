// A library of files in a temporary folder, and an upload server for it on a loopback port: for tests.
import { createHash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TigerTreeHasher } from "@servent/overlay/base/tiger.ts";
import type { OpenFile, SharedFile } from "../../library/library.ts";
import { systemClock } from "../../transfers/clock.ts";
import type { TransferView } from "../../transfers/transfer.ts";
import { type UploadOptions, Uploads } from "../../transfers/uploads.ts";
import { UploadServer, type UploadServerOptions } from "./upload-server.ts";

export interface SharedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

type ServedLibrary = UploadServerOptions["library"];

/** As much of a Library as an upload server asks for. */
export class FolderLibrary implements ServedLibrary {
  readonly folder = mkdtempSync(join(tmpdir(), "servent-shared-"));
  private readonly files: SharedFile[] = [];
  private readonly levels = new Map<number, { blockSize: number; nodes: Uint8Array }>();
  /** Files that `open` refuses, as if they had changed. */
  readonly changed = new Set<number>();
  opened = 0;
  version = 1;
  /** Pages that were asked for. */
  listed = 0;
  /** What `open` throws. */
  failure: Error | undefined = undefined;

  constructor(shared: readonly SharedBytes[]) {
    shared.forEach(({ name, bytes }, i) => {
      const index = i + 1;
      writeFileSync(this.pathOf(index), bytes);
      const hasher = new TigerTreeHasher(64 * 1024);
      hasher.update(bytes);
      const tree = hasher.finish();
      this.levels.set(index, { blockSize: tree.blockSize, nodes: tree.nodes.slice() });
      this.files.push({
        index,
        shareId: "s_1",
        virtualPath: `music/${name}`,
        name,
        size: bytes.length,
        modifiedAt: 0,
        sharedAt: 0,
        sha1: createHash("sha1").update(bytes).digest(),
        tigerRoot: tree.root,
      });
    });
  }

  pathOf(index: number): string {
    return join(this.folder, String(index));
  }

  byIndex(index: number): SharedFile | undefined {
    return this.files.find((file) => file.index === index);
  }

  bySha1(sha1: Uint8Array): SharedFile | undefined {
    return this.files.find((file) => file.sha1 !== undefined && Buffer.compare(file.sha1, sha1) === 0);
  }

  list(offset: number, limit: number): { readonly items: readonly SharedFile[]; readonly total: number } {
    this.listed++;
    return { items: this.files.slice(offset, offset + limit), total: this.files.length };
  }

  tigerLevel(file: SharedFile): { readonly blockSize: number; readonly nodes: Uint8Array } | undefined {
    return this.levels.get(file.index);
  }

  open(file: SharedFile): OpenFile | undefined {
    if (this.failure !== undefined) throw this.failure;
    if (this.changed.has(file.index)) return undefined;
    const fd = openSync(this.pathOf(file.index), "r");
    this.opened++;
    return {
      file,
      fd,
      close: () => {
        this.opened--;
        closeSync(fd);
      },
    };
  }
}

export interface Served {
  readonly library: FolderLibrary;
  readonly uploads: Uploads;
  readonly server: UploadServer;
  readonly port: number;
  readonly events: { type: string; data: TransferView }[];
  close(): void;
}

export async function serve(
  shared: readonly SharedBytes[],
  more: { uploads?: Partial<UploadOptions>; server?: Partial<UploadServerOptions>; host?: string } = {},
): Promise<Served> {
  const library = new FolderLibrary(shared);
  const events: { type: string; data: TransferView }[] = [];
  const uploads = new Uploads({
    clock: systemClock,
    activeUp: 10,
    perPeer: 10,
    bytesPerSecond: 0,
    events: (type, data) => events.push({ type, data }),
    ...more.uploads,
  });
  const server = new UploadServer({ library, uploads, server: "Servent/test", ...more.server });
  const listener = net.createServer({ allowHalfOpen: true }, (socket) => server.take(socket, new Uint8Array(0)));
  await new Promise<void>((resolve) => listener.listen(0, more.host ?? "127.0.0.1", resolve));
  return {
    library,
    uploads,
    server,
    events,
    port: (listener.address() as net.AddressInfo).port,
    close: () => {
      listener.close();
      server.close();
      uploads.stop();
      rmSync(library.folder, { recursive: true, force: true });
    },
  };
}
