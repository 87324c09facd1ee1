export const shells = ["bash", "zsh", "fish", "powershell"] as const;

/**
 * Scripts that ask the program itself, through yargs' `--get-yargs-completions`: the words typed so far in, one candidate a line
 * out. So a new command or option completes without a new script.
 */
export function completionScript(shell: (typeof shells)[number]): string {
  return scripts[shell];
}

const scripts: Record<(typeof shells)[number], string> = {
  bash: `_clawtunnel() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(clawtunnel --get-yargs-completions "\${COMP_WORDS[@]}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _clawtunnel clawtunnel`,
  zsh: `#compdef clawtunnel
_clawtunnel() {
  local -a found
  found=(\${(f)"$(clawtunnel --get-yargs-completions "\${words[@]}" 2>/dev/null)"})
  compadd -- \${found%%:*}
}
compdef _clawtunnel clawtunnel`,
  fish: `complete -c clawtunnel -a '(clawtunnel --get-yargs-completions (commandline -opc) (commandline -ct) 2>/dev/null | string replace -r ":" "\\t")'`,
  powershell: `Register-ArgumentCompleter -Native -CommandName clawtunnel -ScriptBlock {
  param($word, $ast, $cursor)
  $words = @($ast.CommandElements | ForEach-Object { $_.ToString() }) + @($word)
  clawtunnel --get-yargs-completions @words 2>$null | Where-Object { $_ -like "$word*" } |
    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}`,
};
