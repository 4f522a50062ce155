import { Modal, Switch } from "@mantine/core";
import { useStore } from "../api/store.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import style from "./shell.module.css";
import { useShortcuts } from "./shortcuts.ts";

const text = messages.shortcuts;

const GROUPS: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    text.groups.everywhere,
    [
      ["/", text.search],
      ["g s", text.goTo(messages.screens.search)],
      ["g t", text.goTo(messages.screens.transfers)],
      ["g l", text.goTo(messages.screens.library)],
      ["g n", text.goTo(messages.screens.networks)],
      ["g e", text.goTo(messages.screens.settings)],
      ["Esc", text.escape],
      ["?", text.list],
    ],
  ],
  [
    text.groups.lists,
    [
      ["j k ↑ ↓", text.move],
      ["Home End", text.ends],
      ["x", text.select],
      ["Enter", text.open],
      ["← →", text.expand],
      ["Space", text.pause],
      ["r", text.retry],
      ["w", text.why],
      ["Delete", text.remove],
    ],
  ],
];

export function ShortcutDialog() {
  const { shortcutList } = useApp();
  const isOpen = useStore(shortcutList);
  useShortcuts({ "?": () => shortcutList.set(true) });
  return (
    <Modal opened={isOpen} onClose={() => shortcutList.set(false)} title={text.title} size="lg">
      <div className={style.keyGroups}>
        {GROUPS.map(([group, keys]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl className={style.keys}>
              {keys.map(([key, what]) => (
                <div key={key}>
                  <dt>
                    {key.split(" ").map((part) => (
                      <kbd key={part}>{part}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <SingleLetters />
    </Modal>
  );
}

export function SingleLetters() {
  const { shortcuts } = useApp();
  const isOn = useStore(shortcuts.singleLetters);
  return (
    <Switch
      size="sm"
      label={text.singleLetters}
      description={text.singleLettersNote}
      checked={isOn}
      onChange={(event) => shortcuts.setSingleLetters(event.currentTarget.checked)}
    />
  );
}
