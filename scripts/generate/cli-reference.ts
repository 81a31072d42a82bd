import { commandsOf } from '../../controller/cli/commands/index.ts'

/** The reference page of the command line, from the table of commands. */
export function toCliPage(): string {
  const commands = commandsOf(() => Promise.reject(new Error('not started here')))
  const sections = commands.map(({ name, summary, args = [], options = [], examples, formats = [] }) => {
    const usage = ['headwater', name, ...(options.length > 0 ? ['[options]'] : []), ...args.map(([arg]) => arg)].join(
      ' ',
    )
    const rows = [
      ...args,
      ...options,
      ['-o, --output <format>', `${['text', 'json', ...formats].join(', ')} (default: text)`] as const,
    ].map(([term, meaning]) => `| \`${term.replaceAll('|', '\\|')}\` | ${meaning.replaceAll('|', '\\|')} |`)
    return `## ${name}\n\n${summary}\n\n\`\`\`text\n${usage}\n\`\`\`\n\n| | |\n|---|---|\n${rows.join('\n')}\n\nExamples:\n\n\`\`\`sh\n${examples.join('\n')}\n\`\`\`\n`
  })
  return `<!-- Generated from controller/cli/commands by \`npm run generate\`. -->\n# The command line\n\n\`bin/headwater\` in the checkout is the command; it works from any folder. Exit codes: 0 fine, 1 the answer is no (problems, conflicts, denied), 2 wrong use, 3 could not do it. Data goes to standard output, remarks to standard error; \`NO_COLOR\` and pipes give plain text.\n\nEnvironment: \`HEADWATER_URL\` and \`HEADWATER_TOKEN_FILE\` say which controller the online commands speak to, \`HEADWATER_GIT_TOKEN\` is sent to an https remote, \`HEADWATER_LOG\` is the log level (\`warn\` unless told).\n\n${sections.join('\n')}`
}
