import { dayMs, hourMs } from '../contract/time.ts'

/** Posts are read once an hour while a river is high: a level by hand stands for the present no longer than until the next. */
export const manualPresentMs = hourMs

/** What was read longer ago is history, and stands on no wall. */
export const manualShownMs = dayMs
