// One result: get it, copy what names it, see who has it.
import { Button } from "@mantine/core";
import type { FileGroup } from "../api/shapes.ts";
import { useApp } from "../app-context.ts";
import { messages } from "../messages.ts";
import { useActions } from "../parts/actions.ts";
import { DetailsPane } from "../parts/details-pane.tsx";
import { Icon } from "../parts/icon.tsx";
import layout from "../parts/layout.module.css";
import parts from "../parts/parts.module.css";
import { PeerText } from "../parts/peer-text.tsx";
import { counted, size } from "../text/format.ts";
import { magnetOf } from "./magnet.ts";
import { Health, networkWords } from "./result-columns.tsx";
import style from "./search.module.css";

const text = messages.search;

interface ResultDetailsProps {
  readonly group: FileGroup;
  readonly get: (group: FileGroup) => void;
  readonly onClose: () => void;
}

export function ResultDetails({ group, get, onClose }: ResultDetailsProps) {
  const { router } = useApp();
  const actions = useActions();
  const [urn] = group.urns;
  const otherNames = group.names.filter((name) => name !== group.name);
  return (
    <DetailsPane label={text.details} name={group.name} onClose={onClose}>
      <div className={layout.actions}>
        {group.transfer === null ? (
          <Button
            size="xs"
            leftSection={<Icon name="down" size={16} />}
            onClick={() => get(group)}
            disabled={group.have}
          >
            {group.have ? text.have : text.get}
          </Button>
        ) : (
          <Button size="xs" variant="light" onClick={() => router.go("transfers", group.transfer ?? undefined)}>
            {text.show}
          </Button>
        )}
        {urn !== undefined && (
          <>
            <Button
              size="xs"
              variant="default"
              leftSection={<Icon name="link" size={16} />}
              onClick={() => void actions.copy(magnetOf(group))}
            >
              {text.copyMagnet}
            </Button>
            <Button
              size="xs"
              variant="default"
              leftSection={<Icon name="copy" size={16} />}
              onClick={() => void actions.copy(urn)}
            >
              {text.copyUrn}
            </Button>
          </>
        )}
      </div>
      <section>
        <dl className={parts.facts}>
          <dt>{text.columns.size}</dt>
          <dd className="number">{size(group.size)}</dd>
          <dt>{text.columns.type}</dt>
          <dd>{text.types[group.type]}</dd>
          <dt>{text.columns.networks}</dt>
          <dd>{networkWords(group)}</dd>
          <dt>{text.columns.health}</dt>
          <dd>
            <Health group={group} />
            <div className={`${layout.soft} ${layout.small}`}>{text.healthWhy[group.health]}</div>
          </dd>
        </dl>
      </section>
      <section>
        <h3>{text.identity}</h3>
        {group.urns.length === 0 && <p className={layout.soft}>{text.noUrn}</p>}
        {group.urns.map((each) => (
          <div key={each} className={layout.mono}>
            <PeerText text={each} />
          </div>
        ))}
        {group.match === "probable" && <p className={`${layout.soft} ${layout.small}`}>{text.probableWhy}</p>}
      </section>
      {otherNames.length > 0 && (
        <section>
          <h3>{text.otherNames}</h3>
          <ul className={style.names}>
            {otherNames.map((name) => (
              <li key={name}>
                <PeerText text={name} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h3>{counted(group.sources.length, "source")}</h3>
        <ul className={layout.lines}>
          {group.sources.map((source) => (
            <li key={source.key}>
              <div className={layout.line}>
                <span className="number">
                  <PeerText text={source.peer} />
                </span>
                <span>{messages.networkNames[source.network]}</span>
              </div>
              {source.firewalled && <div className={`${layout.soft} ${layout.small}`}>{text.firewalled}</div>}
            </li>
          ))}
        </ul>
      </section>
    </DetailsPane>
  );
}
