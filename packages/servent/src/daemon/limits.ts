// The rates in force: the settings, or those of slow mode while it is on.
import type { LimitControl, Limits, LimitsChange } from "../api/app.ts";
import type { Settings } from "../config/settings.ts";

export class SettingLimits implements LimitControl {
  private readonly settings: Settings;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  current(): Limits {
    const { settings } = this;
    return {
      down: settings.get("limits.down"),
      up: settings.get("limits.up"),
      slow: {
        enabled: settings.get("limits.slow.enabled"),
        down: settings.get("limits.slow.down"),
        up: settings.get("limits.slow.up"),
      },
    };
  }

  change(change: LimitsChange): Limits {
    const keys = {
      "limits.down": change.down,
      "limits.up": change.up,
      "limits.slow.enabled": change.slow?.enabled,
      "limits.slow.down": change.slow?.down,
      "limits.slow.up": change.slow?.up,
    };
    this.settings.change(Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined)));
    return this.current();
  }

  /** What transfers must keep to now, bytes per second; 0: free. */
  effective(): { readonly down: number; readonly up: number } {
    const { down, up, slow } = this.current();
    return slow.enabled ? { down: slow.down, up: slow.up } : { down, up };
  }
}
