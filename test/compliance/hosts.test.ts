// Both hosts, held to the same rules.
import { hostCompliance } from "./host-compliance.ts";
import { labWorld } from "./lab-world.ts";
import { socketWorld } from "./socket-world.ts";

hostCompliance("sockets", socketWorld);
hostCompliance("the lab, messages as bytes", () => labWorld("wire"));
hostCompliance("the lab, messages as objects", () => labWorld("message"));
