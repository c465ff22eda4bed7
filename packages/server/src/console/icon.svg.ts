/** For the tab: an envelope with the stripes of air mail. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect x="2" y="6" width="28" height="20" rx="3" fill="#fff" stroke="#1c4e9c" stroke-width="2.5"/>
<path d="M3.5 8.5L16 18 28.5 8.5" fill="none" stroke="#c8323c" stroke-width="2.5" stroke-linejoin="round"/>
</svg>`;
