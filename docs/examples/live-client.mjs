// node live-client.mjs: buses in the middle of the city, as they change. BCC_URL=http://localhost:8080 BCC_TOKEN=bcc_…
import { io } from 'socket.io-client'

const socket = io(`${process.env.BCC_URL}/wall`, { auth: { token: process.env.BCC_TOKEN } })
const devices = new Map()
let seq = 0

socket.on('connect', () => socket.emit('watch', { kinds: ['bus'], bbox: [98.4, 3.5, 98.6, 3.7] }, console.log))
socket.on('connect_error', ({ message }) => console.error(message))
socket.on('snapshot', (frame) => {
  devices.clear()
  for (const device of frame.devices) devices.set(device.id, device)
  seq = frame.seq
})
socket.on('delta', (frame, ack) => {
  ack()
  if (frame.seq !== ++seq) return socket.emit('resync')
  for (const id of frame.removed ?? []) devices.delete(id)
  for (const change of frame.changes) devices.set(change.id, { ...devices.get(change.id), ...change })
  for (const { id } of frame.changes) console.log(id, devices.get(id).state, devices.get(id).metrics)
})
