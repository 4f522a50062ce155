// What scenarios may name: every program and every protocol of the lab, and the texts of the files beside the scenario.
import { KITS, PROGRAMS } from "@servent/lab/experiments/programs.ts";
import type { Catalogue } from "@servent/lab/scenario/schema.ts";

/** `files` by name. */
export function catalogue(files: Readonly<Record<string, string>>): Catalogue {
  return {
    programs: [...PROGRAMS.values()],
    kits: KITS,
    files: (name) => (Object.hasOwn(files, name) ? files[name] : undefined),
  };
}
