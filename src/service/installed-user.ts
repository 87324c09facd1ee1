/** Whom a definition for the whole machine is for, by name or number: a unit's User=, a property list's UserName. */
export function installedUser(text: string): string | undefined {
  return /^User=(.*)$/m.exec(text)?.[1] ?? /<key>UserName<\/key>\s*<string>([^<]*)<\/string>/.exec(text)?.[1];
}
