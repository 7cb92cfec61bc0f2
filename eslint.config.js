import tseslint from 'typescript-eslint';

// Biome does form and layers; this does what needs types: promises that nobody awaits.
export default tseslint.config(
	{ ignores: ['dist/', 'node_modules/', 'fixtures/', 'coverage/', 'reports/'] },
	{
		files: ['src/**/*.ts', 'test/**/*.ts'],
		extends: [tseslint.configs.strictTypeCheckedOnly],
		languageOptions: {
			parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname },
		},
		rules: {
			'@typescript-eslint/switch-exhaustiveness-check': 'error',
			// An async function may be what an interface asks for.
			'@typescript-eslint/require-await': 'off',
			'@typescript-eslint/return-await': ['error', 'always'],
			'@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
			'@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
		},
	},
);
