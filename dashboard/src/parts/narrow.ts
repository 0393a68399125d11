/** Whether panels are sheets over the map, as the style sheet has it. */
export const isNarrow = (): boolean => window.matchMedia('(max-width: 899px)').matches;
