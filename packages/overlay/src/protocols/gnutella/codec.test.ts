import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hexDecode, hexEncode } from "../../base/bytes.ts";
import { endpointOf, parseIpv4 } from "../../base/ipv4.ts";
import { decodeDescriptor, encodeDescriptor, gnutellaCodec } from "./codec.ts";
import { readExtensions } from "./extensions.ts";
import { readFacts, readStatus } from "./handshake.ts";
import type { Descriptor, Handshake, Message } from "./messages.ts";

const vectors = new URL("../../../../../test/vectors/gnutella/", import.meta.url);
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, vectors)));
const listing = JSON.parse(readFileSync(new URL("gtkg-leaf-to-ultra.json", vectors), "utf8"));
const specification = JSON.parse(readFileSync(new URL("specification.json", vectors), "utf8"));

/** The messages of one direction, cut from the whole stream or fed in pieces of `step` bytes. */
function cut(stream: Uint8Array, initiator: boolean, step = stream.length): { messages: Message[]; left: number } {
  const link = gnutellaCodec.link(initiator);
  const messages: Message[] = [];
  let held = new Uint8Array(0);
  for (let at = 0; at < stream.length; at += step) {
    held = Uint8Array.from([...held, ...stream.subarray(at, at + step)]);
    for (;;) {
      const framed = link.decode(held);
      if (framed.at === "more") break;
      expect(framed.at).toBe("message");
      if (framed.at !== "message") break;
      messages.push(framed.message);
      held = held.slice(framed.used);
    }
  }
  return { messages, left: held.length };
}

describe("a link between two gtk-gnutella servents", () => {
  const directions = [
    {
      name: "leaf to ultrapeer",
      file: "gtkg-leaf-to-ultra.a.bin",
      initiator: false,
      listed: listing.leafToUltrapeer,
      blocks: 2,
    },
    {
      name: "ultrapeer to leaf",
      file: "gtkg-leaf-to-ultra.b.bin",
      initiator: true,
      listed: listing.ultrapeerToLeaf,
      blocks: 1,
    },
  ];

  test.each(directions)(
    "$name decodes to the last byte and re-encodes equal",
    ({ file, initiator, listed, blocks }) => {
      const stream = bytesOf(file);
      const { messages, left } = cut(stream, initiator);

      expect(left).toBe(0);
      expect(messages.length).toBe(blocks + listed.messages.length);
      const binary = messages.slice(blocks) as Descriptor[];
      let at: number = listed.firstMessageAt;
      for (const message of binary) {
        const encoded = encodeDescriptor(message);
        expect(gnutellaCodec.size(message)).toBe(encoded.length);
        const original = stream.subarray(at, at + encoded.length);
        // A Bye's header lines and a patch's zlib stream are kept as they came, so all of it is compared.
        expect(hexEncode(encoded)).toBe(hexEncode(original));
        at += encoded.length;
      }
      expect(at).toBe(stream.length);
    },
  );

  test.each(directions)("$name has the messages that another decoder saw", ({ file, initiator, listed, blocks }) => {
    const { messages } = cut(bytesOf(file), initiator);

    const seen = (messages.slice(blocks) as Descriptor[]).map((message) => ({
      muid: message.header.id,
      ttl: message.header.ttl,
      hops: message.header.hops,
      payloadBytes: gnutellaCodec.size(message) - 23,
    }));

    expect(seen).toEqual(
      listed.messages.map((message: Record<string, unknown>) => ({
        muid: message.muid,
        ttl: message.ttl,
        hops: message.hops,
        payloadBytes: message.payloadBytes,
      })),
    );
  });

  test.each(directions)("$name may arrive byte by byte", ({ file, initiator }) => {
    const stream = bytesOf(file);
    expect(cut(stream, initiator, 1)).toEqual(cut(stream, initiator));
  });

  test("its compressed patches inflate to the whole table", () => {
    const { messages } = cut(bytesOf("gtkg-leaf-to-ultra.a.bin"), false);
    const patches = messages.filter((message) => message.kind === "table-patch");
    expect(patches.length).toBeGreaterThan(0);
    for (const patch of patches) {
      expect(inflateSync(patch.data).length).toBe((16_384 * patch.entryBits) / 8);
    }
  });

  test("its hits name SHA-1 and Tiger root", () => {
    const { messages } = cut(bytesOf("gtkg-leaf-to-ultra.b.bin"), true);
    const hits = messages.filter((message) => message.kind === "hit");
    expect(hits.length).toBe(2);
    for (const { records } of hits) {
      for (const record of records) {
        const { urns } = readExtensions(record.extensions);
        expect(urns[0]).toMatch(/^urn:sha1:[A-Z2-7]{32}$/);
        expect(urns[1]).toMatch(/^urn:ttroot:[A-Z2-7]{39}$/);
      }
    }
  });
});

describe("vectors of the specification", () => {
  test("header", () => {
    for (const { bytes, muid, ttl, hops } of specification.header) {
      const result = decodeDescriptor(hexDecode(bytes) as Uint8Array);
      expect(result).toMatchObject({ ok: true, value: { kind: "ping", header: { id: muid, ttl, hops } } });
    }
  });

  test("pong", () => {
    for (const { payload, port, address, files, kibibytes } of specification.pong) {
      const pong: Message = {
        kind: "pong",
        header: { id: "1122334455667788ff99aabbccddee00", ttl: 1, hops: 0 },
        address: endpointOf(parseIpv4(address) as number, port),
        files,
        kilobytes: kibibytes,
        extensions: new Uint8Array(0),
      };
      const encoded = encodeDescriptor(pong);
      expect(hexEncode(encoded.subarray(23))).toBe(payload);
      expect(decodeDescriptor(encoded)).toEqual({ ok: true, value: pong });
    }
  });

  test("query", () => {
    for (const { payload, flags, text, extensions } of specification.query) {
      const bytes = hexDecode(`1122334455667788ff99aabbccddee00800400${lengthOf(payload)}${payload}`) as Uint8Array;
      const result = decodeDescriptor(bytes);
      expect(result).toMatchObject({ ok: true, value: { kind: "query", flags, text } });
      if (!result.ok || result.value.kind !== "query") return;
      expect(extensions).toEqual(["urn:"]);
      expect(readExtensions(result.value.extensions).wantsUrns).toBe(true);
      expect(hexEncode(encodeDescriptor(result.value))).toBe(hexEncode(bytes));
    }
  });
});

function lengthOf(hex: string): string {
  return `${(hex.length / 2).toString(16).padStart(2, "0")}000000`;
}

describe("the handshake", () => {
  const block = (line: string, ...fields: [string, string][]): Handshake => ({ kind: "handshake", line, fields });

  test("a deflated direction begins behind the last block, for each side on its own", () => {
    const caller = gnutellaCodec.link(true);
    const called = gnutellaCodec.link(false);
    const hello = block("GNUTELLA CONNECT/0.6", ["Accept-Encoding", "deflate"]);
    const welcome = block("GNUTELLA/0.6 200 OK", ["Content-Encoding", "deflate"]);
    const confirm = block("GNUTELLA/0.6 200 OK");

    expect(called.decode(caller.encode(hello))).toMatchObject({ at: "message", message: hello });
    expect(caller.decode(called.encode(welcome))).toMatchObject({ at: "message", message: welcome });
    expect(called.decode(caller.encode(confirm))).toMatchObject({ at: "message", message: confirm });

    expect([caller.deflates, caller.inflates]).toEqual([false, true]);
    expect([called.deflates, called.inflates]).toEqual([true, false]);
  });

  test("0.4 is one line each way, and binary from then on", () => {
    const caller = gnutellaCodec.link(true);
    const called = gnutellaCodec.link(false);
    const ping: Message = {
      kind: "ping",
      header: { id: "1122334455667788ff99aabbccddee00", ttl: 7, hops: 0 },
      extensions: new Uint8Array(0),
    };
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

    expect(caller.encode(block("GNUTELLA CONNECT/0.4"))).toEqual(bytes("GNUTELLA CONNECT/0.4\n\n"));
    expect(called.decode(bytes("GNUTELLA CONNECT/0.4\n\n"))).toMatchObject({ at: "message", used: 22 });
    expect(caller.decode(called.encode(block("GNUTELLA OK")))).toMatchObject({ at: "message" });
    expect(called.decode(caller.encode(ping))).toMatchObject({ at: "message", message: ping });
    expect(caller.decode(called.encode(ping))).toMatchObject({ at: "message", message: ping });
  });

  test("folded lines, bare line feeds and odd case are taken", () => {
    const text = "GNUTELLA CONNECT/0.6\nuser-agent: A\n  and B\nX-ULTRAPEER: true\n\n";
    expect(gnutellaCodec.link(false).decode(new TextEncoder().encode(text))).toMatchObject({
      at: "message",
      message: {
        fields: [
          ["user-agent", "A and B"],
          ["X-ULTRAPEER", "true"],
        ],
      },
    });
  });

  test("too long a line, block or list of fields loses the stream", () => {
    const lost = (text: string) =>
      expect(gnutellaCodec.link(false).decode(new TextEncoder().encode(text)).at).toBe("lost");
    lost(`GNUTELLA CONNECT/0.6\r\nA: ${"x".repeat(1100)}`);
    lost(`GNUTELLA CONNECT/0.6\r\n${`A: ${"x".repeat(900)}\r\n`.repeat(20)}`);
    lost(`GNUTELLA CONNECT/0.6\r\n${"A: b\r\n".repeat(200)}\r\n`);
    lost("GET / HTTP/1.1\r\n\r\n");
  });
});

describe("hostile bytes", () => {
  const samples = ["gtkg-leaf-to-ultra.a.bin", "gtkg-leaf-to-ultra.b.bin"].flatMap((file, i) =>
    (cut(bytesOf(file), i === 1).messages.filter((message) => message.kind !== "handshake") as Descriptor[]).map(
      encodeDescriptor,
    ),
  );

  test("100,000 random and mutated descriptors give a message or a problem, and what decodes encodes again", () => {
    const random = fc.uint8Array({ minLength: 0, maxLength: 300 });
    const mutated = fc
      .tuple(fc.constantFrom(...samples), fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 8 }), fc.nat(2000))
      .map(([sample, changes, length]) => {
        const bytes = sample.slice(0, 23 + (length % (sample.length + 1)));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(random, mutated), (bytes) => {
        const result = decodeDescriptor(bytes);
        if (!result.ok) return typeof result.problem === "string";
        const again = encodeDescriptor(result.value);
        return gnutellaCodec.size(result.value) === again.length;
      }),
      { numRuns: 100_000 },
    );
  });

  test("100,000 random and mutated handshakes give a block, a wait or an end", () => {
    const text = new TextEncoder().encode(
      "GNUTELLA CONNECT/0.6\r\nUser-Agent: A/1.0\r\nX-Ultrapeer: True\r\nGUID: 00112233445566778899aabbccddee00\r\n" +
        "X-Try-Ultrapeers: 1.2.3.4:5, 6.7.8.9\r\nListen-IP: 1.2.3.4:6346\r\nX-Max-TTL: 4\r\n\r\n",
    );
    const mutated = fc
      .tuple(fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 10 }), fc.nat(400))
      .map(([changes, length]) => {
        const bytes = text.slice(0, length);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), (bytes) => {
        const framed = gnutellaCodec.link(false).decode(bytes);
        if (framed.at !== "message" || framed.message.kind !== "handshake")
          return framed.at === "more" || framed.at === "lost";
        const facts = readFacts(framed.message);
        readStatus(framed.message);
        return facts.vendor.length <= 80 && facts.tryHosts.length <= 10 && facts.ttlMax <= 15;
      }),
      { numRuns: 100_000 },
    );
  });

  test("a length beyond the type's bound loses the stream before anything is waited for", () => {
    const header = hexDecode("1122334455667788ff99aabbccddee008004000004000001") as Uint8Array;
    const link = gnutellaCodec.link(true);
    link.decode(new TextEncoder().encode("GNUTELLA/0.6 200 OK\r\n\r\n"));
    header.set([0x01, 0x04, 0, 0], 19);
    expect(link.decode(header).at).toBe("lost");
    header.set([0, 0, 0, 0x80], 19);
    expect(link.decode(header).at).toBe("lost");
  });
});
