import { openRegistry } from '../../../storage/registry/registry.ts'
import { areaCases } from '../../storage/conformance/registry-areas.ts'

/** A process of its own that writes into every area: `registry-areas-writer.ts FILE NAME ROWS`. */
const [file = '', name = '', count = '0'] = process.argv.slice(2)
const registry = await openRegistry({ file, pepper: Buffer.alloc(32, 7) })
for (let n = 0; n < Number(count); n += 1) {
  for (const area of Object.values(areaCases)) await area.write(registry, name, n)
}
await registry.close()
