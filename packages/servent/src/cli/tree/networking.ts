// Verbs about networks, peers and rates.
import { countOption, listOption, rateOption } from "../input.ts";
import type { OptionSpec, Verb } from "../verb.ts";
import { NETWORK_IDS } from "./names.ts";

const group = "Networks";

const RATES: readonly OptionSpec[] = [
  { flags: "--down <rate>", summary: "bytes per second taken: 500kB, 4Mbit; 0: free", parse: rateOption },
  { flags: "--up <rate>", summary: "bytes per second given", parse: rateOption },
];

/** What we share goes into the ring by itself, so there is no `put`. */
const DHT_NETWORK: OptionSpec = {
  flags: "--network <id>",
  summary: "which network to look into (chord)",
  choices: NETWORK_IDS,
};

export const NETWORKING: readonly Verb[] = [
  {
    name: "networks",
    group,
    summary: "the networks that we can be part of",
    examples: ["networks ls", "networks enable gnutella"],
    otherwise: "ls",
    verbs: [
      {
        name: "ls",
        summary: "list networks",
        examples: ["networks ls"],
        run: async (context) => (await import("../verbs/networks.ts")).list(context),
      },
      {
        name: "show",
        operands: "<network...>",
        operandChoices: NETWORK_IDS,
        summary: "everything about networks, with their counters",
        examples: ["networks show gnutella"],
        run: async (context, input) => (await import("../verbs/networks.ts")).show(context, input),
      },
      {
        name: "enable",
        operands: "<network...>",
        operandChoices: NETWORK_IDS,
        summary: "join networks, now and after each start",
        examples: ["networks enable gnutella", "networks enable gnutella --role ultrapeer --links 16"],
        options: [
          { flags: "--role <role>", summary: "what to be there: auto, leaf, ultrapeer, classic, …" },
          { flags: "--links <n>", summary: "how many neighbours to keep", parse: countOption },
        ],
        run: async (context, input) => (await import("../verbs/networks.ts")).enable(context, input),
      },
      {
        name: "disable",
        operands: "<network...>",
        operandChoices: NETWORK_IDS,
        summary: "leave networks",
        examples: ["networks disable gnutella"],
        run: async (context, input) => (await import("../verbs/networks.ts")).disable(context, input),
      },
      {
        name: "bootstrap",
        operands: "<network> <host:port...>",
        operandChoices: NETWORK_IDS,
        summary: "give a network first neighbours to ask",
        examples: [
          "networks bootstrap gnutella 192.0.2.7:6346",
          "networks bootstrap napster 192.0.2.7:8888 tls:192.0.2.7:8889 redirect:192.0.2.8:8875",
        ],
        run: async (context, input) => (await import("../verbs/networks.ts")).bootstrap(context, input),
      },
    ],
  },
  {
    name: "peers",
    group,
    summary: "whom we are connected to",
    examples: ["peers ls", "peers connect gnutella 192.0.2.7:6346"],
    otherwise: "ls",
    verbs: [
      {
        name: "ls",
        summary: "list peers",
        examples: ["peers ls", "peers ls --network gnutella"],
        options: [
          { flags: "--network <a,b>", summary: "only of these networks", parse: listOption("network", NETWORK_IDS) },
          { flags: "--limit <n>", summary: "show at most so many (1000)", parse: countOption },
        ],
        run: async (context, input) => (await import("../verbs/peers.ts")).list(context, input),
      },
      {
        name: "show",
        operands: "<peer...>",
        summary: "everything about peers",
        examples: ["peers show p_3"],
        run: async (context, input) => (await import("../verbs/peers.ts")).show(context, input),
      },
      {
        name: "connect",
        operands: "<network> <host:port...>",
        operandChoices: NETWORK_IDS,
        summary: "dial peers",
        examples: ["peers connect gnutella 192.0.2.7:6346"],
        run: async (context, input) => (await import("../verbs/peers.ts")).connect(context, input),
      },
      {
        name: "disconnect",
        operands: "<peer...>",
        summary: "close the links to peers",
        examples: ["peers disconnect p_3"],
        run: async (context, input) => (await import("../verbs/peers.ts")).disconnect(context, input),
      },
    ],
  },
  {
    name: "dht",
    group,
    summary: "a look inside networks that are distributed hash tables",
    examples: ["dht table", "dht lookup word:tide", "dht get urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB"],
    verbs: [
      {
        name: "table",
        summary: "whom our nodes know, and how far away they are",
        examples: ["dht table", "dht table --network chord"],
        options: [DHT_NETWORK],
        run: async (context, input) => (await import("../verbs/dht.ts")).table(context, input),
      },
      {
        name: "lookup",
        operands: "<key...>",
        summary: "who owns a key, and who was asked on the way",
        examples: ["dht lookup word:tide --network chord", "dht lookup tide-tables.txt"],
        options: [DHT_NETWORK],
        run: async (context, input) => (await import("../verbs/dht.ts")).lookup(context, input),
      },
      {
        name: "get",
        operands: "<key...>",
        summary: "the records that are kept under a key",
        examples: ["dht get word:tide", "dht get urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB"],
        options: [DHT_NETWORK],
        run: async (context, input) => (await import("../verbs/dht.ts")).get(context, input),
      },
    ],
  },
  {
    name: "limits",
    group,
    summary: "how fast we may take and give",
    examples: ["limits show", "limits set --down 2MB --up 500kB", "limits slow on"],
    otherwise: "show",
    verbs: [
      {
        name: "show",
        summary: "the rates in force",
        examples: ["limits show"],
        run: async (context) => (await import("../verbs/limits.ts")).show(context),
      },
      {
        name: "set",
        summary: "change the usual rates",
        examples: ["limits set --down 2MB --up 500kB", "limits set --up 0"],
        options: RATES,
        run: async (context, input) => (await import("../verbs/limits.ts")).set(context, input),
      },
      {
        name: "slow",
        operands: "<on|off>",
        operandChoices: ["on", "off"],
        summary: "the slow mode, for when the line is needed elsewhere",
        examples: ["limits slow on", "limits slow on --down 200kB --up 50kB"],
        options: RATES,
        run: async (context, input) => (await import("../verbs/limits.ts")).slow(context, input),
      },
    ],
  },
];
