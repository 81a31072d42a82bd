import { routesOf } from '../../controller/api/routes.ts'

/** The reference page of the HTTP API, from the table of routes. */
export function toApiPage(): string {
  // The table is data; nothing of the controller is asked for until a route is called.
  const routes = routesOf({} as Parameters<typeof routesOf>[0], () => '')
  const rows = routes.map(
    ({ method, path, summary, permission, responses }) =>
      `| \`${method} ${path}\` | ${summary} | \`${permission}\` | ${Object.keys(responses).join(', ')} |`,
  )
  return `<!-- Generated from controller/api/routes.ts by \`npm run generate\`. -->\n# The HTTP API\n\nThe controller listens on 127.0.0.1. Every route but the public ones wants \`Authorization: Bearer <token>\`, the token of the file \`token\` in the state folder; alerts are signed instead, as in [Standard Webhooks](https://www.standardwebhooks.com). An answer that says no is \`{"error": {"code", "message"}}\`.\n\n| route | does | permission | answers |\n|---|---|---|---|\n${rows.join('\n')}\n`
}
