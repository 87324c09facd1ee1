/** Debian 12 with systemd 252, and Debian 13 with systemd 257. */
export const suites = ["bookworm", "trixie"] as const;
export type Suite = (typeof suites)[number];

/** What a box of a suite is booted from: folders, the last one being the lowest. None where it cannot be. */
export type Layers = Readonly<Partial<Record<Suite, readonly string[]>>>;
