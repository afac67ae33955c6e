import type { ComponentChildren } from 'preact';

export interface PanelProps {
  readonly id: string;
  readonly title: string;
  /** Takes the whole width. */
  readonly wide?: boolean;
  /** Beside the title. */
  readonly controls?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A part of the page under a heading of its own. */
export function Panel({ id, title, wide = false, controls, children }: PanelProps) {
  return (
    <section id={id} class={wide ? 'panel wide' : 'panel'} aria-labelledby={`${id}-title`}>
      <div class="panel-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {controls}
      </div>
      {children}
    </section>
  );
}

export interface TableProps {
  readonly label: string;
  readonly columns: readonly string[];
  /** Of columns that hold numbers. */
  readonly numbers?: readonly string[];
  readonly children: ComponentChildren;
}

/** A table that scrolls inside of itself on a narrow screen, with the keyboard too. */
export function Table({ label, columns, numbers = [], children }: TableProps) {
  return (
    <div class="scroll" role="group" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col" class={numbers.includes(column) ? 'number' : undefined}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
