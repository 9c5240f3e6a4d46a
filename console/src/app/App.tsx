import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { Refusal } from "../api/client";
import { Toasts } from "../ui/overlays";
import { Gate } from "./Gate";
import { router } from "./router";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      // A refusal will not change by asking again; a broken connection may.
      retry: (count, error) => !(error instanceof Refusal && error.status > 0 && error.status < 500) && count < 2,
    },
  },
});

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <Toasts>
        <Gate>
          <RouterProvider router={router} />
        </Gate>
      </Toasts>
    </QueryClientProvider>
  );
}
