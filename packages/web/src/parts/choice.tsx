import style from "./layout.module.css";

interface Option<T> {
  readonly value: T;
  readonly label: string;
  readonly title?: string | undefined;
  readonly isDisabled?: boolean;
}

interface ChoiceProps<T> {
  readonly label: string;
  readonly options: readonly Option<T>[];
  readonly isChosen: (value: T) => boolean;
  readonly onChoose: (value: T) => void;
  /** `one`: a switch between views; `chips`: marks that can be set. */
  readonly look: "one" | "chips";
}

export function Choice<T>({ label, options, isChosen, onChoose, look }: ChoiceProps<T>) {
  return (
    <div role="group" aria-label={label} className={look === "one" ? style.choice : style.chips}>
      {options.map((option) => (
        <button
          key={option.label}
          type="button"
          aria-pressed={isChosen(option.value)}
          disabled={option.isDisabled ?? false}
          title={option.title}
          onClick={() => onChoose(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
