import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import vue from "eslint-plugin-vue";
import typescript from "typescript-eslint";

export default typescript.config(
  { ignores: ["dist", "dist-frozen", "node_modules", "src/lib/messages.ts"] },
  js.configs.recommended,
  typescript.configs.recommended,
  vue.configs["flat/recommended"],
  {
    files: ["src/**/*.ts", "src/**/*.vue", "vite.config.ts"],
    languageOptions: {
      parserOptions: {
        parser: typescript.parser,
        project: "./tsconfig.json",
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: [".vue"],
      },
    },
    rules: {
      // The compiler knows all names, those of the browser too.
      "no-undef": "off",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "vue/no-unused-properties": "error",
      "vue/no-unused-refs": "error",
      // Panels and pages are named after what they show: Headline, Transport.
      "vue/multi-word-component-names": "off",
    },
  },
  {
    files: ["scripts/**/*.mjs"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } },
  },
  prettier,
);
