// Where a search begins: words, whom to ask, what kind of file. With nobody to ask, the switches instead.
import { Button, NativeSelect, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { useNetworks, useSystem } from "../api/queries.ts";
import type { FileType, Network, NetworkId, NewSearch } from "../api/shapes.ts";
import { messages } from "../messages.ts";
import { useActions } from "../parts/actions.ts";
import { Choice } from "../parts/choice.tsx";
import { Icon } from "../parts/icon.tsx";
import { PeerText } from "../parts/peer-text.tsx";
import { Empty, LoadError } from "../parts/states.tsx";
import { parseSize } from "../text/parse-size.ts";
import style from "./search.module.css";

const text = messages.search;
/** The switch says it already. */
const JUST_OFF = "Off.";
const TYPES = Object.keys(text.types) as readonly FileType[];

export function NewSearchForm() {
  const { data, error, refetch } = useNetworks();
  if (data === undefined) return error === null ? null : <LoadError error={error} onRetry={() => void refetch()} />;
  return data.items.some(({ enabled }) => enabled) ? (
    <Form networks={data.items} />
  ) : (
    <NobodyToAsk networks={data.items} />
  );
}

function Form({ networks }: { readonly networks: readonly Network[] }) {
  const actions = useActions();
  const { data: system } = useSystem();
  const [words, setWords] = useState("");
  const [left, setLeft] = useState<ReadonlySet<NetworkId>>(new Set());
  const [type, setType] = useState<FileType>();
  const [min, setMin] = useState("");
  const [extension, setExtension] = useState("");
  const minBytes = parseSize(min);
  const isMinBad = min.trim() !== "" && minBytes === undefined;
  const bareExtension = extension.trim().replace(/^\./, "").toLowerCase();
  const isExtensionBad = bareExtension !== "" && !/^[a-z0-9_-]{1,16}$/.test(bareExtension);
  const asked = networks.filter(({ id, enabled }) => enabled && !left.has(id)).map(({ id }) => id);

  const start = (wanted: string) => {
    const request: NewSearch = {
      words: wanted.trim(),
      ...(left.size === 0 ? {} : { networks: asked }),
      ...(type === undefined ? {} : { type }),
      ...(minBytes === undefined ? {} : { minBytes }),
      ...(bareExtension === "" ? {} : { extension: bareExtension }),
    };
    void actions.search(request);
  };
  const toggle = (id: NetworkId) => {
    const ids = new Set(left);
    if (!ids.delete(id)) ids.add(id);
    setLeft(ids);
  };

  return (
    <div className={style.home}>
      <h2>{text.heading}</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (words.trim() !== "" && !isMinBad && !isExtensionBad && asked.length > 0) start(words);
        }}
      >
        <div className={style.ask}>
          <TextInput
            size="md"
            aria-label={text.placeholder}
            placeholder={text.placeholder}
            leftSection={<Icon name="search" size={20} />}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
            autoComplete="off"
            maxLength={200}
          />
          <Button size="md" type="submit" disabled={asked.length === 0}>
            {text.go}
          </Button>
        </div>
        <div className={style.chooseNetworks}>
          <span id="ask-networks">{text.networks}</span>
          <Choice
            label={text.networks}
            look="chips"
            options={networks.map(({ id, enabled }) => ({
              value: id,
              label: messages.networkNames[id],
              isDisabled: !enabled,
              title: enabled ? undefined : text.isOff(messages.networkNames[id]),
            }))}
            isChosen={(id) => asked.includes(id)}
            onChoose={toggle}
          />
        </div>
        <div className={style.more}>
          <NativeSelect
            label={text.type}
            value={type ?? ""}
            data={[{ value: "", label: text.anyType }, ...TYPES.map((value) => ({ value, label: text.types[value] }))]}
            onChange={(event) => {
              const chosen = event.currentTarget.value;
              setType(TYPES.find((value) => value === chosen));
            }}
          />
          <TextInput
            label={text.min}
            placeholder={text.minPlaceholder}
            value={min}
            onChange={(event) => setMin(event.currentTarget.value)}
            error={isMinBad ? text.badSize : undefined}
          />
          <TextInput
            label={text.extension}
            placeholder={text.extensionPlaceholder}
            value={extension}
            onChange={(event) => setExtension(event.currentTarget.value)}
            error={isExtensionBad ? text.badExtension : undefined}
          />
        </div>
      </form>
      {system?.demo === true && (
        <div className={style.examples}>
          <span>{text.examples}</span>
          {text.exampleWords.map((example) => (
            <Button key={example} variant="light" size="xs" onClick={() => start(example)}>
              {example}
            </Button>
          ))}
        </div>
      )}
    </div>
  );
}

function NobodyToAsk({ networks }: { readonly networks: readonly Network[] }) {
  const actions = useActions();
  return (
    <Empty icon="networks" title={text.noNetwork} text={text.noNetworkWhy}>
      <div className={style.switches}>
        {networks.map(({ id, enabled, liveness }) => (
          <Switch
            key={id}
            label={messages.networkNames[id]}
            description={liveness === JUST_OFF ? undefined : <PeerText text={liveness} />}
            checked={enabled}
            onChange={(event) => void actions.setNetwork(id, { enabled: event.currentTarget.checked })}
          />
        ))}
      </div>
    </Empty>
  );
}
