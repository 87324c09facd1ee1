export const sourceKinds = ["ssh-config", "ssh", "systemd", "launchd", "boring", "tunlite", "portato"] as const;
export type SourceKind = (typeof sourceKinds)[number];

/** What a file is, by what stands in it; undefined when nobody could tell. */
export function detectKind(text: string): SourceKind | undefined {
  const bare = text.replace(/^\uFEFF/, "").trimStart();
  if (text.startsWith("bplist") || /^<(?:\?xml|!DOCTYPE plist|plist)\b/.test(bare)) return "launchd";
  if (bare.startsWith("{")) return "tunlite";
  if (/^\[\[tunnels\]\]/m.test(bare)) return "boring";
  if (/^\[(?:Unit|Service|Install)\]\s*$/m.test(bare)) return "systemd";
  if (/^(?:tubers|tunnels)\s*:/m.test(bare)) return "portato";
  if (/^\s*(?:Host|Match)(?:\s*=\s*|\s+)\S/im.test(bare)) return "ssh-config";
  return /(?:^|[\s/;])(?:auto)?ssh\s+\S/m.test(bare) ? "ssh" : undefined;
}
