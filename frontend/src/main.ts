import { createPinia } from "pinia";
import { createApp } from "vue";
import "./design/tokens.css";
import "./design/base.css";
import App from "./App.vue";
import { useTheme } from "./stores/theme";

const app = createApp(App);
app.use(createPinia());
useTheme();
app.mount("#app");
