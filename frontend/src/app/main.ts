import { createPinia } from "pinia";
import { createApp } from "vue";
import "@/lib/tokens.css";
import "@/lib/base.css";
import App from "./App.vue";
import { useTheme } from "@/stores/theme";

const app = createApp(App);
app.use(createPinia());
useTheme();
app.mount("#app");
