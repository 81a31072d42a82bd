// Copied beside an installation of the SDK, and started there: five journaled steps that do nothing.
import { serve, service } from '@restatedev/restate-sdk'

const bench = service({
  name: 'bench',
  handlers: {
    five: async (context) => {
      let total = 0
      for (let step = 0; step < 5; step++) total += await context.run(`step-${step}`, () => 1)
      return { total }
    },
  },
})
await serve({ services: [bench], port: Number(process.argv[2]) })
