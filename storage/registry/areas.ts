/** The areas of the registry. A new one is a folder and a line here. */
export { auditArea } from './audit/area.ts'
export { commandsArea } from './commands/area.ts'
export { devicesArea } from './devices/area.ts'
export { displaysArea } from './displays/area.ts'
export { maintenanceArea } from './maintenance/area.ts'
export { peopleArea } from './people/area.ts'
export { tokensArea } from './tokens/area.ts'
export { wallsArea } from './walls/area.ts'
