import { createPinia } from "pinia";
import { createApp } from "vue";
import "@/lib/tokens.css";
import "@/lib/base.css";
import { reloadWhenUpgraded } from "@/lib/reloadOnce";
import App from "./App.vue";
import { useTheme } from "@/stores/theme";

reloadWhenUpgraded();
const app = createApp(App);
app.use(createPinia());
useTheme();
app.mount("#app");
