import type { FleetDevice } from '../fleet-device.ts'
import { shifted } from '../geo.ts'
import { type Ground, numbered, placeDevices, prefixed } from './place-devices.ts'
import { junctions, placeSpots, rounded, type Spot, spread, streetSpots } from './spots.ts'

const cameraCount = 120
const cornerM = 10

/** Cameras on bridges, at junctions, at landmarks, the rest along the streets: 120 in all. */
export function cameras({ site, officeFor, linkOf }: Ground): FleetDevice[] {
  const bridges = placeSpots(site, ['bridge'])
  const places = placeSpots(site, [
    'government',
    'landmark',
    'park',
    'station',
    'bus-terminal',
    'market',
    'hospital',
    'toll-gate',
  ])
  const atJunctions = junctions(site).flatMap(facing)
  const fixed = [...atJunctions, ...bridges, ...places].slice(0, cameraCount)
  const along = spread(streetSpots(site, 180), cameraCount - fixed.length)
  return placeDevices(prefixed('CCTV', numbered([...fixed, ...along])), {
    word: 'cctv',
    profile: 'ip-camera',
    opd: officeFor('cctv'),
    parentOf: ({ areaCode }) => linkOf(areaCode),
  })
}

/** A junction has a camera for each of two directions, on opposite corners. */
function facing(spot: Spot): Spot[] {
  return [
    { ...spot, name: `${spot.name} Utara`, position: rounded(shifted(spot.position, cornerM, cornerM)) },
    { ...spot, name: `${spot.name} Selatan`, position: rounded(shifted(spot.position, -cornerM, -cornerM)) },
  ]
}
