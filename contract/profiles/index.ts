import type { Profile } from '../profile.ts'
import { airQuality } from './air-quality.ts'
import { ipCamera } from './ip-camera.ts'
import { lorawanGateway } from './lorawan-gateway.ts'
import { networkLink } from './network-link.ts'
import { powerMeter } from './power-meter.ts'
import { rainGauge } from './rain-gauge.ts'
import { riverGauge } from './river-gauge.ts'
import { streetLight } from './street-light.ts'
import { trafficCounter } from './traffic-counter.ts'
import { transBinjaiBus } from './trans-binjai-bus.ts'
import { wasteBin } from './waste-bin.ts'
import { weatherStation } from './weather-station.ts'

export const profiles: readonly Profile[] = [
  transBinjaiBus,
  ipCamera,
  riverGauge,
  rainGauge,
  weatherStation,
  airQuality,
  trafficCounter,
  streetLight,
  wasteBin,
  powerMeter,
  networkLink,
  lorawanGateway,
]

export function findProfile(id: string): Profile | undefined {
  return profiles.find((profile) => profile.id === id)
}
