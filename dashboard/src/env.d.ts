declare module 'virtual:land' {
  /** Land rings, hundredths of a degree, delta coded: [lon, lat, dLon, dLat, ...]. */
  export const rings: number[][];
}
