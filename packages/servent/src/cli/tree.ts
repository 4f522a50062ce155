// Every verb, in the order in which `servent help` shows them. Their code is loaded when they run.
import { GETTING } from "./tree/getting.ts";
import { LAB } from "./tree/lab.ts";
import { NETWORKING } from "./tree/networking.ts";
import { RUNNING } from "./tree/running.ts";
import { SETTING } from "./tree/setting.ts";
import { SHARING } from "./tree/sharing.ts";
import type { Verb } from "./verb.ts";

export const VERBS: readonly Verb[] = [...RUNNING, ...GETTING, ...SHARING, ...NETWORKING, ...LAB, ...SETTING];
