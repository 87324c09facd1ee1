/** A length of time, its end not included. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The same times in order, none of them twice. Empty spans, and those that a clock set back has turned around, are none. */
export function unite(spans: readonly Span[]): Span[] {
  const sorted = spans.filter(({ fromMs, toMs }) => toMs > fromMs).sort((a, b) => a.fromMs - b.fromMs);
  const united: Span[] = [];
  for (const span of sorted) {
    const last = united.at(-1);
    if (last === undefined || span.fromMs > last.toMs) united.push(span);
    else if (span.toMs > last.toMs) united[united.length - 1] = { fromMs: last.fromMs, toMs: span.toMs };
  }
  return united;
}

/** What of `spans` is in none of `others`. Both united. */
export function subtract(spans: readonly Span[], others: readonly Span[]): Span[] {
  const left: Span[] = [];
  let index = 0;
  for (const { fromMs, toMs } of spans) {
    let cursorMs = fromMs;
    while (index < others.length && (others[index]?.toMs ?? 0) <= fromMs) index += 1;
    for (let next = index; next < others.length; next += 1) {
      const other = others[next];
      if (other === undefined || other.fromMs >= toMs) break;
      if (other.fromMs > cursorMs) left.push({ fromMs: cursorMs, toMs: other.fromMs });
      cursorMs = Math.max(cursorMs, other.toMs);
    }
    if (cursorMs < toMs) left.push({ fromMs: cursorMs, toMs });
  }
  return left;
}

/** How much of united `spans` lies in `window`, in ms. */
export function lengthWithin(spans: readonly Span[], window: Span): number {
  const lengths = spans.map(({ fromMs, toMs }) => Math.max(0, Math.min(toMs, window.toMs) - Math.max(fromMs, window.fromMs)));
  return lengths.reduce((total, length) => total + length, 0);
}
