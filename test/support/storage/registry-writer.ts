import { openRegistry } from '../../../storage/registry/registry.ts'

/** A process of its own that registers devices: `registry-writer.ts FILE NAME HOW-MANY`. */
const [file = '', name = '', count = '0'] = process.argv.slice(2)
const registry = await openRegistry({ file, pepper: Buffer.alloc(32), actor: `cli:${name}` })
for (let n = 0; n < Number(count); n++) await registry.devices.create({ id: `r-${name}-${n}`, profile: 'river-gauge' })
await registry.close()
