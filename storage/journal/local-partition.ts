/** The only partition of a journal that lies in a folder of this machine; the hot database keeps its position by this name. */
export const localPartition = 'local'
