import {
  ActionIcon,
  Button,
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  Input,
  type MantineColorsTuple,
  Menu,
  Modal,
  NumberInput,
  Popover,
  Select,
  Textarea,
  TextInput,
  type VariantColorsResolver,
} from '@mantine/core';

const step = 'var(--ink)';
/** Interaction is colourless: every step is the ink of the theme in force. */
const ink: MantineColorsTuple = [step, step, step, step, step, step, step, step, step, step];

const variants: VariantColorsResolver = (input) => {
  switch (input.variant) {
    case 'filled':
      return {
        background: 'var(--ink)',
        hover: 'color-mix(in srgb, var(--ink) 88%, var(--panel))',
        color: 'var(--on-ink)',
        border: '1px solid var(--ink)',
      };
    case 'default':
      return {
        background: 'var(--raised)',
        hover: 'var(--hover)',
        color: 'var(--text)',
        border: '1px solid var(--line-2)',
      };
    case 'subtle':
      return {
        background: 'transparent',
        hover: 'var(--hover)',
        color: 'var(--text-2)',
        border: '1px solid transparent',
      };
    default:
      return defaultVariantColorsResolver(input);
  }
};

/** Mantine in the measures of tokens.css. */
export const mantineTheme = createTheme({
  primaryColor: 'ink',
  colors: { ink },
  autoContrast: false,
  variantColorResolver: variants,
  fontFamily: 'var(--font-ui)',
  fontFamilyMonospace: 'var(--font-mono)',
  fontSizes: {
    xs: 'var(--fs-12)',
    sm: 'var(--fs-14)',
    md: 'var(--fs-16)',
    lg: 'var(--fs-20)',
    xl: 'var(--fs-24)',
  },
  radius: {
    xs: 'var(--r-1)',
    sm: 'var(--r-2)',
    md: 'var(--r-3)',
    lg: 'var(--r-3)',
    xl: 'var(--r-full)',
  },
  spacing: {
    xs: 'var(--sp-1)',
    sm: 'var(--sp-2)',
    md: 'var(--sp-4)',
    lg: 'var(--sp-5)',
    xl: 'var(--sp-6)',
  },
  defaultRadius: 'sm',
  focusRing: 'auto',
  focusClassName: 'focusable',
  respectReducedMotion: true,
  components: {
    Button: Button.extend({ defaultProps: { variant: 'default', size: 'sm' } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'default', size: 32 } }),
    Input: Input.extend({ defaultProps: { size: 'sm' } }),
    TextInput: TextInput.extend({ defaultProps: { size: 'sm' } }),
    NumberInput: NumberInput.extend({ defaultProps: { size: 'sm', hideControls: true } }),
    Textarea: Textarea.extend({ defaultProps: { size: 'sm' } }),
    Select: Select.extend({
      defaultProps: {
        size: 'sm',
        allowDeselect: false,
        comboboxProps: { transitionProps: { duration: 0 } },
      },
    }),
    Menu: Menu.extend({ defaultProps: { shadow: 'md', transitionProps: { duration: 0 } } }),
    Popover: Popover.extend({ defaultProps: { shadow: 'md', transitionProps: { duration: 0 } } }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        shadow: 'md',
        transitionProps: { duration: 120 },
        overlayProps: { color: 'var(--bg)', backgroundOpacity: 0.7 },
      },
    }),
  },
});

const shared = {
  '--mantine-color-body': 'var(--panel)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-bright': 'var(--text)',
  '--mantine-color-dimmed': 'var(--text-3)',
  '--mantine-color-placeholder': 'var(--text-3)',
  '--mantine-color-anchor': 'var(--ink)',
  '--mantine-color-error': 'var(--crit-t)',
  '--mantine-color-default': 'var(--raised)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-default-color': 'var(--text)',
  '--mantine-color-default-border': 'var(--line-2)',
  '--mantine-color-disabled': 'var(--raised)',
  '--mantine-color-disabled-color': 'var(--text-off)',
  '--mantine-color-disabled-border': 'var(--line)',
  '--mantine-primary-color-filled': 'var(--ink)',
  '--mantine-primary-color-filled-hover': 'var(--ink)',
  '--mantine-primary-color-contrast': 'var(--on-ink)',
  '--mantine-primary-color-light': 'var(--active)',
  '--mantine-primary-color-light-hover': 'var(--active)',
  '--mantine-primary-color-light-color': 'var(--text)',
  '--mantine-shadow-md': 'var(--shadow-2)',
  '--mantine-shadow-sm': 'var(--shadow-1)',
};

/** Mantine's variables, named after the tokens in both themes. */
export const tokenVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: shared,
  dark: shared,
});
