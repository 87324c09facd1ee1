/** Pseudo-random numbers that come again with the same seed (mulberry32). */
export interface Random {
  readonly seed: number;
  /** Uniform in [0, 1). */
  chance(): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
}

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const chance = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    seed,
    chance,
    between: (least, most) => least + Math.floor(chance() * (most - least + 1)),
    pick: (items) => items[Math.floor(chance() * items.length)] ?? items[0],
  };
}

/** Seeded by CLAWTUNNEL_FAULT_SEED, to have a run again; else differently each time. */
export function randomFromEnv(): Random {
  const given = Number(process.env.CLAWTUNNEL_FAULT_SEED);
  return seededRandom(Number.isInteger(given) && given > 0 ? given : Math.floor(Math.random() * 2 ** 31));
}
